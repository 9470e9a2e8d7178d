// Sends the known mixture (../../README.md) with cadence: over UDP through its queuing, buffered sink, as its
// documentation recommends; over unix datagrams through the plain one, a datagram per metric.
//
// usage: cadence_client TRANSPORT ADDRESS PREFIX SECONDS
use cadence::prelude::*;
use cadence::{BufferedUdpMetricSink, QueuingMetricSink, StatsdClient, UnixMetricSink};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

fn client(transport: &str, address: &str, prefix: &str) -> StatsdClient {
    let builder = if transport == "udp" {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let sink = BufferedUdpMetricSink::from(address, socket).expect("an address");
        StatsdClient::builder(prefix, QueuingMetricSink::from(sink))
    } else {
        StatsdClient::builder(prefix, UnixMetricSink::from(address, UnixDatagram::unbound().expect("a socket")))
    };
    builder.with_tag("region", "eu").with_tag("stadt", "köln").build()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let client = client(&arguments[1], &arguments[2], &arguments[3]);
    let end = Instant::now() + Duration::from_secs(arguments[4].parse().expect("seconds"));
    let mut rounds = 0u32;
    while Instant::now() < end {
        for _ in 0..10 {
            client.incr("requests").expect("sent");
        }
        client.count("bytes", 250).expect("sent");
        client.gauge("depth", f64::from(rounds) + 0.5).expect("sent");
        for i in 1..6u64 {
            client.time("latency", i).expect("sent");
            client.histogram("size", i * 10).expect("sent");
            client.distribution("cost", i * 100).expect("sent");
        }
        client.set("users", i64::from(rounds % 20)).expect("sent");
        rounds += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    client.flush().expect("flushed");
    drop(client); // the queue is sent to its end
    let gauge = f64::from(rounds - 1) + 0.5;
    println!(
        r#"{{"rounds":{},"last_gauge":{},"kinds":["counter","gauge","timer","histogram","distribution","set"]}}"#,
        rounds, gauge
    );
}
