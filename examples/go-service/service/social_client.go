package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const socialTimeout = 2 * time.Second

// socialClient asks the social network, and times each part of each call (trace.go).
type socialClient struct {
	base    string
	client  *http.Client
	metrics *metrics
}

func newSocialClient(base string, metrics *metrics) *socialClient {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // the default, 2, would open a connection for most calls: see social.connect
	return &socialClient{base, &http.Client{Timeout: socialTimeout, Transport: transport}, metrics}
}

func (s *socialClient) followersOf(ctx context.Context, user string) ([]string, error) {
	request, err := http.NewRequestWithContext(s.metrics.traced(ctx, "social"), http.MethodGet,
		s.base+"/users/"+url.PathEscape(user)+"/followers", nil)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	defer func() { s.metrics.timing("social.duration", time.Since(begin)) }()
	reply, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", reply.StatusCode)
	}
	var names []string
	return names, json.NewDecoder(reply.Body).Decode(&names)
}
