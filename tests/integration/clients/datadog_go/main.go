// Sends the known mixture (../README.md) with datadog-go, unchanged and with its default settings, and ends.
//
// usage: datadog_go TRANSPORT ADDRESS PREFIX SECONDS [extended]
//
// extended: histograms, distributions and timings are aggregated too, and leave as packed values.
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
	Rounds    int      `json:"rounds"`
	LastGauge float64  `json:"last_gauge"`
	Kinds     []string `json:"kinds"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	transport, address, prefix := os.Args[1], os.Args[2], os.Args[3]
	seconds, err := strconv.Atoi(os.Args[4])
	check(err)
	if transport != "udp" {
		address = map[string]string{"unixgram": "unix://", "unixstream": "unixstream://"}[transport] + address
	}
	options := []statsd.Option{}
	if len(os.Args) > 5 && os.Args[5] == "extended" {
		options = append(options, statsd.WithExtendedClientSideAggregation())
	}
	client, err := statsd.New(address, options...)
	check(err)
	tags := []string{"region:eu", "stadt:köln"}

	rounds := 0
	gauge := 0.0
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); rounds++ {
		for i := 0; i < 10; i++ {
			check(client.Incr(prefix+".requests", tags, 1))
			check(client.Incr(prefix+".sampled", tags, 0.5))
		}
		check(client.Count(prefix+".bytes", 250, tags, 1))
		gauge = float64(rounds) + 0.5
		check(client.Gauge(prefix+".depth", gauge, tags, 1))
		for i := 1; i <= 5; i++ {
			check(client.Timing(prefix+".latency", time.Duration(i)*time.Millisecond, tags, 1))
			check(client.Histogram(prefix+".size", float64(i*10), tags, 1))
			check(client.Distribution(prefix+".cost", float64(i*100), tags, 1))
		}
		check(client.Set(prefix+".users", fmt.Sprintf("user-%d", rounds%20), tags, 1))
		time.Sleep(10 * time.Millisecond)
	}
	event := statsd.NewEvent(prefix+" größer | zweimal", "line one\nline two")
	event.AlertType, event.Tags = statsd.Warning, tags
	check(client.Event(event))
	up := statsd.NewServiceCheck(prefix+".up", statsd.Warn)
	up.Message, up.Tags = "slow: größer\nthan usual", tags
	check(client.ServiceCheck(up))
	check(client.Close())
	kinds := []string{"counter", "sampled", "gauge", "timer", "histogram", "distribution", "set", "event", "check"}
	out, err := json.Marshal(sent{rounds, gauge, kinds})
	check(err)
	fmt.Println(string(out))
}
