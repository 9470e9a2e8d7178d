// A small HTTP service to follow: it lists somebody's followers, whom it asks a social network for, and keeps a copy of
// the answer in a database. What it measures goes to the Tributary agent beside it; docs/go-service.md is the walk-through.
//
// usage: service --listen 127.0.0.1:8080 --social http://127.0.0.1:8090 --database followers.db
//
// Where the agent is comes from the environment, as for any DogStatsD client: DD_DOGSTATSD_URL or DD_AGENT_HOST.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const drainTimeout = 5 * time.Second

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to serve")
	social := flag.String("social", "http://127.0.0.1:8090", "the social network's API")
	database := flag.String("database", "followers.db", "file of the database")
	flag.Parse()
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	if err := run(logger, *listen, *social, *database); err != nil {
		logger.Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

func run(logger *slog.Logger, listen, social, database string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	metrics, err := newMetrics()
	if err != nil {
		return err
	}
	defer metrics.close() // sends what is still in memory
	store, err := openStore(database, metrics)
	if err != nil {
		return err
	}
	defer store.close()
	go metrics.reportRuntime(ctx)

	mux := http.NewServeMux()
	mux.Handle("/followers", metrics.observed("followers", logger, &followers{newSocialClient(social, metrics), store}))
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		_ = server.Shutdown(drain)
	}()
	logger.Info("serving", "address", listen)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
