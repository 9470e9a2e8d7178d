// Asks the service for followers at a steady rate, whether it keeps up or not, as users do: the next request does not wait
// for the last one (an open loop with exponential gaps). Ends with one line of JSON: what it sent and what came back.
//
// usage: load --rate 50 --for 60s [--users 1000] [--seed 1] URL [URL...]
//
// Several URLs take turns. Bounded: --for ends it, and at most --in-flight requests are under way; what would be more is
// counted as refused, and not sent.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type totals struct {
	Sent    int64 `json:"sent"`
	OK      int64 `json:"ok"`
	Failed  int64 `json:"failed"`  // status 500 and above
	Refused int64 `json:"refused"` // not sent: too many under way
	Lost    int64 `json:"lost"`    // no answer
}

func main() {
	rate := flag.Float64("rate", 50, "requests a second")
	length := flag.Duration("for", time.Minute, "how long")
	users := flag.Int("users", 1000, "how many users are asked for")
	inFlight := flag.Int("in-flight", 1000, "requests under way at once, at most")
	seed := flag.Int64("seed", 1, "of the gaps and the users")
	flag.Parse()
	if *rate <= 0 || *users <= 0 || *inFlight <= 0 || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = *inFlight
	client := &http.Client{Timeout: 10 * time.Second, Transport: transport}
	var (
		total totals
		wait  sync.WaitGroup
		slots = make(chan struct{}, *inFlight)
	)
	random := rand.New(rand.NewSource(*seed))
	end := time.Now().Add(*length)
	for next := time.Now(); next.Before(end); next = next.Add(gap(random, *rate)) {
		time.Sleep(time.Until(next))
		url := fmt.Sprintf("%s/followers?user=user-%d", flag.Arg(int(total.Sent)%flag.NArg()), random.Intn(*users))
		select {
		case slots <- struct{}{}:
		default:
			total.Refused++
			continue
		}
		total.Sent++
		wait.Add(1)
		go func() {
			defer wait.Done()
			defer func() { <-slots }()
			ask(client, url, &total)
		}()
	}
	wait.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(total)
}

func gap(random *rand.Rand, rate float64) time.Duration {
	return time.Duration(random.ExpFloat64() / rate * float64(time.Second))
}

func ask(client *http.Client, url string, total *totals) {
	reply, err := client.Get(url)
	if err != nil {
		atomic.AddInt64(&total.Lost, 1)
		return
	}
	defer reply.Body.Close()
	_, _ = io.Copy(io.Discard, reply.Body)
	if reply.StatusCode >= http.StatusInternalServerError {
		atomic.AddInt64(&total.Failed, 1)
	} else {
		atomic.AddInt64(&total.OK, 1)
	}
}
