#!/usr/bin/env bash
# Three instances of the service, each beside an agent of its own, the social network, and the load; called by cluster.sh,
# through run.sh, with TRIBUTARY_DATA, PROGRAMS, PORTS, RATE, FOR, SLOWER and HOLD in its environment.
set -euo pipefail
read -r social_port service_ports <<<"$PORTS"
children=()
end_children() {
  kill -TERM "${children[@]}" 2>/dev/null || true
  wait "${children[@]}" 2>/dev/null || true
}
trap end_children EXIT
trap 'exit 130' INT TERM

wait_for() {
  local _
  for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "fleet.sh: nothing listens on port $1 after 10 s" >&2
  exit 1
}

"$PROGRAMS/social" --listen "127.0.0.1:$social_port" --slower "$SLOWER" >"$TRIBUTARY_DATA/social.log" 2>&1 &
children+=($!)
urls=()
n=0
for port in $service_ports; do
  for _ in $(seq 100); do [ -S "$TRIBUTARY_DATA/agent-$n/dsd.socket" ] && break; sleep 0.1; done
  DD_DOGSTATSD_URL="unix://$TRIBUTARY_DATA/agent-$n/dsd.socket" "$PROGRAMS/service" --listen "127.0.0.1:$port" \
    --social "http://127.0.0.1:$social_port" --database "$TRIBUTARY_DATA/followers-$n.db" >"$TRIBUTARY_DATA/service-$n.log" 2>&1 &
  children+=($!)
  urls+=("http://127.0.0.1:$port")
  n=$((n + 1))
done
for port in $PORTS; do wait_for "$port"; done

cat <<TEXT
followers   ${urls[*]}
proxy       $TRIBUTARY_PROXY
ask         $TRIBUTARY_BIN/tributary query p50,p99,p99.9 followers.duration --last 1m --proxy $TRIBUTARY_PROXY
load        $RATE requests a second for $FOR
TEXT
"$PROGRAMS/load" --rate "$RATE" --for "$FOR" "${urls[@]}" | tee "$TRIBUTARY_DATA/load.json"
if [ -n "$HOLD" ]; then
  echo "more load   $PROGRAMS/load --rate 180 --for 10m ${urls[*]}"
  echo "hold        cluster and service stay until their input ends (Ctrl-D)"
  cat >/dev/null
fi
