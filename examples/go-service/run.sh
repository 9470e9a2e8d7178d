#!/usr/bin/env bash
# The example, whole: a Tributary cluster on loopback with three agents, an instance of the service beside each, the social
# network that they ask, and load. docs/go-service.md says what to look at meanwhile.
#
# usage: run.sh [--rate 60] [--for 120s] [--interval 10s] [--data DIR] [--slower 1] [--bin DIR] [--hold]
#
# --slower 5: the social network takes five times as long. --hold: all of it stays when the load is over, for more.
# The load generator's last line is JSON. The log of each instance is in DIR (default .tributary/go-service).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
readonly toolchain=golang.org/toolchain@v0.0.1-go1.22.12.linux-amd64

export RATE=60 FOR=120s SLOWER=1 HOLD='' PORTS=${PORTS:-18080 18081 18082 18083}
interval=10s
data=.tributary/go-service bin=$root/build/dev/bin
while [ $# -gt 0 ]; do
  case "$1" in
    --rate) RATE=$2 ;;
    --for) FOR=$2 ;;
    --interval) interval=$2 ;;
    --slower) SLOWER=$2 ;;
    --data) data=$2 ;;
    --bin) bin=$2 ;;
    --hold) HOLD=yes; shift; continue ;;
    *) sed -n '5s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
  esac
  shift 2
done

# log/slog is in Go since 1.21. Debian's is older, and can fetch a newer one as it fetches any module.
find_go() {
  local go=go folder
  command -v go >/dev/null || { echo "run.sh: no go; apt-get install golang-go" >&2; exit 1; }
  if ! printf 'go1.21\n%s\n' "$(go env GOVERSION)" | sort -V -C; then
    folder=$(go mod download -json "$toolchain" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
    [ -x "$folder/bin/go" ] || chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
    go=$folder/bin/go
  fi
  echo "$go"
}

# Beside the agents' data: cluster.sh empties the folder at its start.
build_programs() {
  local go
  go=$(find_go)
  mkdir -p "$data.bin"
  PROGRAMS=$(cd "$data.bin" && pwd)
  export PROGRAMS
  (cd "$here" && GOTOOLCHAIN=local "$go" build -o "$PROGRAMS" ./...)
}

build_programs
exec "$root/examples/demo/cluster.sh" "$bin" --interval "$interval" --data "$data" --services "$here/services.yaml" \
  --with "$here/fleet.sh"
