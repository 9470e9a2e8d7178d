"""A TCP relay that delays all it passes on, and passes no more than so much a second, each way and for each connection.

usage: slow_relay.py LISTEN_HOST:PORT TO_HOST:PORT DELAY_SECONDS BYTES_PER_SECOND
"""
import asyncio
import contextlib
import sys


async def pump(reader, writer, delay_s, bytes_per_s):
    loop = asyncio.get_running_loop()
    chunks = asyncio.Queue(maxsize=64)

    async def read():
        while chunk := await reader.read(4096):
            await chunks.put((loop.time() + delay_s, chunk))
        await chunks.put((loop.time() + delay_s, b""))

    async def write():
        while True:
            due, chunk = await chunks.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not chunk:
                break
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(len(chunk) / bytes_per_s)
        writer.close()

    with contextlib.suppress(ConnectionError):
        await asyncio.gather(read(), write())
    writer.close()


async def main(listen, target, delay_s, bytes_per_s):
    async def relay(reader, writer):
        try:
            there = await asyncio.open_connection(*target.rsplit(":", 1))
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, there[1], delay_s, bytes_per_s), pump(there[0], writer, delay_s, bytes_per_s))

    server = await asyncio.start_server(relay, *listen.rsplit(":", 1))
    async with server:
        await server.serve_forever()


asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])))
