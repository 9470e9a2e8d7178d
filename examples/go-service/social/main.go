// Stands for the API of a social network, so that the example needs no internet: it knows the followers of everybody,
// takes a log-normal time to say so (median 4 ms, 1 in 100 above 20 ms), and fails one call in 500.
//
// usage: social --listen 127.0.0.1:8090 [--seed 1] [--slower 1]
//
// --slower 5 makes it take five times as long: a bad day of somebody else's.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"math/rand"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	medianSeconds = 0.004
	spread        = 0.7 // of the logarithm
	failures      = 1.0 / 500
	maxFollowers  = 20
)

type network struct {
	slower float64
	mutex  sync.Mutex
	random *rand.Rand // guarded by mutex
}

// draw decides what one call is like.
func (n *network) draw() (wait time.Duration, fails bool, followers int) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	seconds := n.slower * medianSeconds * math.Exp(spread*n.random.NormFloat64())
	return time.Duration(seconds * float64(time.Second)), n.random.Float64() < failures, n.random.Intn(maxFollowers)
}

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, isFollowers := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/users/"), "/followers")
	if !isFollowers {
		http.NotFound(w, r)
		return
	}
	wait, fails, count := n.draw()
	time.Sleep(wait)
	if fails {
		http.Error(w, "try again", http.StatusServiceUnavailable)
		return
	}
	names := make([]string, count)
	for k := range names {
		names[k] = fmt.Sprintf("%s-follower-%d", user, k)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(names)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "address to serve")
	seed := flag.Int64("seed", 1, "of the random times")
	slower := flag.Float64("slower", 1, "times as slow")
	flag.Parse()
	server := &http.Server{
		Addr:              *listen,
		Handler:           &network{slower: *slower, random: rand.New(rand.NewSource(*seed))},
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
