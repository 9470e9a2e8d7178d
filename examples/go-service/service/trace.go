package main

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"
)

// traced returns a context under which an HTTP call tells how long its parts take:
//
//	PREFIX.dns, PREFIX.connect, PREFIX.tls   only when they happen: an idle connection needs none
//	PREFIX.first_byte                        from the request written to the first byte of the answer
//	PREFIX.connections                       calls, by whether their connection was reused
func (m *metrics) traced(ctx context.Context, prefix string) context.Context {
	parts := callParts{metrics: m, prefix: prefix, began: map[string]time.Time{}}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { m.count(prefix+".connections", reusedTag(info.Reused)) },
		DNSStart:             func(httptrace.DNSStartInfo) { parts.begin("dns", "") },
		DNSDone:              func(info httptrace.DNSDoneInfo) { parts.end("dns", "", info.Err) },
		ConnectStart:         func(_, address string) { parts.begin("connect", address) },
		ConnectDone:          func(_, address string, err error) { parts.end("connect", address, err) },
		TLSHandshakeStart:    func() { parts.begin("tls", "") },
		TLSHandshakeDone:     func(_ tls.ConnectionState, err error) { parts.end("tls", "", err) },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { parts.begin("first_byte", "") },
		GotFirstResponseByte: func() { parts.end("first_byte", "", nil) },
	})
}

// callParts remembers when the parts of one call began. With a lock: a call's connection is opened, written and read by
// goroutines of their own, and two addresses may be tried at once.
type callParts struct {
	metrics *metrics
	prefix  string
	mutex   sync.Mutex
	began   map[string]time.Time
}

func (c *callParts) begin(part, which string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.began[part+which] = time.Now()
}

func (c *callParts) end(part, which string, err error) {
	c.mutex.Lock()
	begin, found := c.began[part+which]
	delete(c.began, part+which)
	c.mutex.Unlock()
	if found && err == nil {
		c.metrics.timing(c.prefix+"."+part, time.Since(begin))
	}
}

func reusedTag(reused bool) string {
	if reused {
		return "reused:true"
	}
	return "reused:false"
}
