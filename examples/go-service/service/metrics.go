package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/DataDog/datadog-go/v5/statsd"
)

// metrics is how this program measures: a DogStatsD client with its default settings, and what we call things.
//
// The three service-level indicators are SERVICE.requests, SERVICE.errors (what is our fault: status 500 and above) and
// SERVICE.duration. services.yaml tells Tributary that these three belong together.
type metrics struct {
	client *statsd.Client
}

// newMetrics finds the agent in DD_DOGSTATSD_URL or DD_AGENT_HOST. Nothing waits for the agent: what it cannot take is
// dropped, and the client counts that.
func newMetrics() (*metrics, error) {
	client, err := statsd.New("")
	if err != nil {
		return nil, err
	}
	return &metrics{client}, nil
}

func (m *metrics) close() { _ = m.client.Close() }

func (m *metrics) count(name string, tags ...string) { _ = m.client.Incr(name, tags, 1) }

func (m *metrics) gauge(name string, value float64, tags ...string) {
	_ = m.client.Gauge(name, value, tags, 1)
}

func (m *metrics) timing(name string, spent time.Duration, tags ...string) {
	_ = m.client.Timing(name, spent, tags, 1)
}

// observed counts and times each request of a handler, and writes it to the log with the same duration: the log has every
// single one, the metrics have all of them together.
func (m *metrics) observed(service string, logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		reply := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(reply, r)
		spent := time.Since(begin)

		m.count(service+".requests", statusTag(reply.status))
		if reply.status >= http.StatusInternalServerError {
			m.count(service + ".errors")
		}
		m.timing(service+".duration", spent)
		logger.Info("request", "method", r.Method, "path", r.URL.Path, "status", reply.status,
			"duration_ms", float64(spent)/float64(time.Millisecond))
	})
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// statusTag has few values: a tag with many costs a series each.
func statusTag(status int) string {
	return [...]string{"status:other", "status:1xx", "status:2xx", "status:3xx", "status:4xx", "status:5xx"}[statusClass(status)]
}

func statusClass(status int) int {
	if class := status / 100; class <= 5 {
		return class
	}
	return 0
}
