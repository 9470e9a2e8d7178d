// Sends known traffic with datadog-go, unchanged and with its default settings, and ends.
//
// usage: datadog_go ADDRESS PREFIX SECONDS
//
// Every 10 ms for SECONDS: PREFIX.requests +1 ten times; PREFIX.bytes
// +250; one gauge; 5 timings 1..5 ms; 5 histogram values 10..50; 5 distribution values 100..500;
// one of 20 set members. At the end one event and one service check. The last line printed is what was sent, as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
)

type sent struct {
	Rounds  int     `json:"rounds"`
	Last    float64 `json:"last_gauge"`
	Members int     `json:"members"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	address, prefix := os.Args[1], os.Args[2]
	seconds, err := strconv.Atoi(os.Args[3])
	check(err)
	client, err := statsd.New(address)
	check(err)
	tags := []string{"region:eu", "service:shop"}

	members := map[string]bool{}
	rounds := 0
	gauge := 0.0
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); rounds++ {
		for i := 0; i < 10; i++ {
			check(client.Incr(prefix+".requests", tags, 1))
		}
		check(client.Count(prefix+".bytes", 250, tags, 1))
		gauge = float64(rounds) + 0.5
		check(client.Gauge(prefix+".depth", gauge, tags, 1))
		for i := 1; i <= 5; i++ {
			check(client.Timing(prefix+".latency", time.Duration(i)*time.Millisecond, tags, 1))
			check(client.Histogram(prefix+".size", float64(i*10), tags, 1))
			check(client.Distribution(prefix+".cost", float64(i*100), tags, 1))
		}
		member := fmt.Sprintf("user-%d", rounds%20)
		members[member] = true
		check(client.Set(prefix+".users", member, tags, 1))
		time.Sleep(10 * time.Millisecond)
	}
	check(client.SimpleEvent("deployed | twice", "line one\nline two"))
	check(client.SimpleServiceCheck(prefix+".up", statsd.Ok))
	check(client.Close())
	out, err := json.Marshal(sent{rounds, gauge, len(members)})
	check(err)
	fmt.Println(string(out))
}
