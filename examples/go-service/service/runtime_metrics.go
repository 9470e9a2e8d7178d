package main

import (
	"context"
	runtimemetrics "runtime/metrics"
	"time"
)

const runtimePeriod = 2 * time.Second

type runtimeMetric struct{ theirs, ours string }

// What the Go runtime knows of itself, by the names of runtime/metrics and by ours.
var runtimeGauges = []runtimeMetric{
	{"/sched/goroutines:goroutines", "runtime.goroutines"},
	{"/memory/classes/heap/objects:bytes", "runtime.heap_bytes"},
	{"/memory/classes/total:bytes", "runtime.memory_bytes"},
	{"/gc/heap/goal:bytes", "runtime.heap_goal_bytes"},
}

// Totals since the start of the program: what they rose by is sent.
var runtimeTotals = []runtimeMetric{
	{"/gc/cycles/total:gc-cycles", "runtime.gc_cycles"},
	{"/gc/heap/allocs:bytes", "runtime.allocated_bytes"},
}

// reportRuntime sends them every two seconds, until ctx ends.
func (m *metrics) reportRuntime(ctx context.Context) {
	ticker := time.NewTicker(runtimePeriod)
	defer ticker.Stop()
	told := map[string]uint64{}
	for {
		for _, metric := range runtimeGauges {
			if value, known := readRuntime(metric.theirs); known {
				m.gauge(metric.ours, float64(value))
			}
		}
		for _, metric := range runtimeTotals {
			if value, known := readRuntime(metric.theirs); known {
				_ = m.client.Count(metric.ours, int64(value-told[metric.ours]), nil, 1)
				told[metric.ours] = value
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// readRuntime: a runtime that does not know a metric says so, and nothing is sent.
func readRuntime(name string) (uint64, bool) {
	sample := []runtimemetrics.Sample{{Name: name}}
	runtimemetrics.Read(sample)
	if sample[0].Value.Kind() != runtimemetrics.KindUint64 {
		return 0, false
	}
	return sample[0].Value.Uint64(), true
}
