#!/usr/bin/env bash
# A whole cluster on loopback: 2 globals, 1 proxy, 3 agents, and the demo fleet that sends to them.
#
# usage: cluster.sh BIN [--for 60s] [--interval 10s] [--data DIR] [--port FIRST] [--seed N] [--tls]
#        cluster.sh BIN [--interval 10s] [--data DIR] [--port FIRST] --services FILE --with PROGRAM
#
# --with: instead of the demo fleet PROGRAM runs, and the cluster ends with it, and with its status. It finds what it needs in
# its environment: TRIBUTARY_PROXY, TRIBUTARY_DATA, TRIBUTARY_BIN. --services: FILE stands in the configuration of agents and proxy in
# the place of the demo's own last part (services; the agents' host_metrics).
# --tls: with certificates of an authority of its own, in DIR/certs; pages are https:// then.
# A process that dies is started again after a second, as an orchestrator would, so `kill -9 $(cat DIR/global-0.pid)`
# is a fair experiment. Everything lives in DIR (default .tributary/demo), which is emptied at the start. Ends with the
# demo's own exit status: 0 when its verdict is OK.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

bin=$(cd "$1" && pwd)
shift
data=.tributary/demo interval=10s first_port='' tls='' scheme=http program='' services='' demo_args=()
while [ $# -gt 0 ]; do
  case "$1" in
    --for | --seed) demo_args+=("$1" "$2") ;;
    --interval) interval=$2 ;;
    --data) data=$2 ;;
    --port) first_port=$2 ;;
    --with) program=$2 ;;
    --services) services=$2 ;;
    --tls) tls=yes scheme=https; shift; continue ;;
    *) echo "cluster.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift 2
done

port_is_free() {
  local hex
  hex=$(printf ':%04X ' "$1")
  ! awk '{print $2 " "}' /proc/net/{tcp,tcp6,udp,udp6} 2>/dev/null | grep -qi "$hex"
}

ports_are_free() {
  local port
  for port in $(seq "$1" $(($1 + 11))); do port_is_free "$port" || return 1; done
}

find_ports() {
  local candidate
  for candidate in $(seq 18120 20 19720); do
    if ports_are_free "$candidate"; then echo "$candidate"; return; fi
  done
  echo "cluster.sh: no 12 free ports in a row between 18120 and 19740" >&2
  exit 1
}

# Fills @NAME@ in a template from the environment-like arguments NAME=value.
render() {
  local template=$1 out=$2 pair script=()
  shift 2
  for pair in "$@"; do script+=(-e "s|@${pair%%=*}@|${pair#*=}|g"); done
  sed "${script[@]}" "$template" >"$out"
}

[ -n "$first_port" ] || first_port=$(find_ports)
stop_running_cluster() {
  local file
  for file in "$data"/*.pid; do
    [ -e "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null || true
  done
}
if [ -e "$data/supervisor" ] && kill -0 "$(cat "$data/supervisor")" 2>/dev/null; then
  echo "cluster.sh: a cluster is running in $data already (process $(cat "$data/supervisor"))" >&2
  exit 1
fi
stop_running_cluster
rm -rf "$data"
mkdir -p "$data"
data=$(cd "$data" && pwd)
mkdir "$data"/global-{0,1} "$data"/agent-{0,1,2}
echo $$ >"$data/supervisor"

# Appends the certificate NAME to a configuration.
use_tls() {
  [ -z "$tls" ] || printf 'tls: {cert_file: %s.crt, key_file: %s.key, ca_file: %s}\n' \
    "$data/certs/$2" "$data/certs/$2" "$data/certs/ca.crt" >>"$1"
}
if [ -n "$tls" ]; then
  "$bin/tributary" certs "$data/certs" --cluster demo --agents 3 --proxies 1 --globals 2 >"$data/certs.log"
  demo_args+=(--ca-file "$data/certs/ca.crt")
fi

# The file of --services for a configuration, in the place of the demo's own.
use_services() {
  [ -n "$services" ] || return 0
  sed -i '/^# Rate, errors and duration/,$d' "$1"
  cat "$services" >>"$1"
}

proxy_grpc=$first_port proxy_http=$((first_port + 1))
for n in 0 1; do
  render "$here/global.yaml.in" "$data/global-$n.yaml" NODE="global-$n" GRPC="$((first_port + 2 + 2 * n))" \
    HTTP="$((first_port + 3 + 2 * n))" DATA="$data/global-$n" INTERVAL="$interval"
  use_tls "$data/global-$n.yaml" "global-$n"
done
render "$here/proxy.yaml.in" "$data/proxy.yaml" GRPC="$proxy_grpc" HTTP="$proxy_http" INTERVAL="$interval" \
  GLOBAL0="$((first_port + 2))" GLOBAL1="$((first_port + 4))"
use_services "$data/proxy.yaml"
use_tls "$data/proxy.yaml" proxy-0
agents=() metrics=()
for n in 0 1 2; do
  render "$here/local.yaml.in" "$data/agent-$n.yaml" HOST="node-$n" UDP="$((first_port + 6 + 2 * n))" \
    HTTP="$((first_port + 7 + 2 * n))" DATA="$data/agent-$n" PROXY="$proxy_grpc" INTERVAL="$interval"
  use_services "$data/agent-$n.yaml"
  use_tls "$data/agent-$n.yaml" "agent-$n"
  agents+=(--agent "udp://127.0.0.1:$((first_port + 6 + 2 * n))" --agent "unixgram://$data/agent-$n/dsd.socket")
  metrics+=(--agent-http "$scheme://127.0.0.1:$((first_port + 7 + 2 * n))")
done

# Runs a program until the cluster stops; out of our process group, so that Ctrl-C reaches the demo alone.
keep_running() {
  local name=$1 pid status
  shift
  trap '' INT TERM
  while [ ! -e "$data/stopping" ]; do
    setsid "$@" >>"$data/$name.log" 2>&1 &
    pid=$!
    echo "$pid" >"$data/$name.pid"
    status=0
    wait "$pid" || status=$?
    if [ -e "$data/stopping" ]; then break; fi
    echo "-- $name ended with status $status; starting it again in a second"
    sleep 1
  done
  rm -f "$data/$name.pid"
}

# Asks politely, waits, then insists.
stop_programs() {
  local name pid waited
  for name in "$@"; do
    [ -e "$data/$name.pid" ] && kill -TERM "$(cat "$data/$name.pid")" 2>/dev/null || true
  done
  for name in "$@"; do
    for waited in $(seq 300); do
      [ -e "$data/$name.pid" ] || break
      sleep 0.1
    done
    if [ -e "$data/$name.pid" ]; then
      pid=$(cat "$data/$name.pid")
      echo "-- $name did not stop within 30 s; killing it" >&2
      kill -9 "$pid" 2>/dev/null || true
    fi
  done
}

stop_everything() {
  trap '' INT TERM
  touch "$data/stopping"
  stop_programs agent-0 agent-1 agent-2
  stop_programs proxy
  stop_programs global-0 global-1
  wait
  rm -f "$data/supervisor"
}
trap stop_everything EXIT
trap 'exit 130' INT TERM

for n in 0 1; do keep_running "global-$n" "$bin/tributary-global" --config "$data/global-$n.yaml" & done
keep_running proxy "$bin/tributary-proxy" --config "$data/proxy.yaml" &
for n in 0 1 2; do keep_running "agent-$n" "$bin/tributary-local" --config "$data/agent-$n.yaml" & done

cat <<EOF
cluster in $data: 2 globals, 1 proxy, 3 agents (logs, data and process ids are there)
  query API   $scheme://127.0.0.1:$proxy_http/api/v1/query      e.g.
              $bin/tributary query p99 demo.request.latency --last 1m --by region --proxy $scheme://127.0.0.1:$proxy_http
  metrics     $scheme://127.0.0.1:$proxy_http/metrics (proxy), :$((first_port + 3)) and :$((first_port + 5)) (globals), :$((first_port + 7)), :$((first_port + 9)), :$((first_port + 11)) (agents)
  send yours  echo 'my.timer:12|ms' >/dev/udp/127.0.0.1/$((first_port + 6))
  break it    kill -9 \$(cat $data/global-0.pid)
EOF

status=0
if [ -n "$program" ]; then
  TRIBUTARY_PROXY="$scheme://127.0.0.1:$proxy_http" TRIBUTARY_DATA="$data" TRIBUTARY_BIN="$bin" "$program" || status=$?
  exit "$status"
fi
"$bin/tributary" demo --interval "$interval" "${agents[@]}" "${metrics[@]}" --proxy "$scheme://127.0.0.1:$proxy_http" \
  --rows "$data/global-0/rows.jsonl" --rows "$data/global-1/rows.jsonl" "${demo_args[@]}" || status=$?
exit "$status"
