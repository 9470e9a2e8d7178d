package main

import (
	"encoding/json"
	"time"

	"go.etcd.io/bbolt"
)

var followersBucket = []byte("followers")

// store keeps the newest answer for each user in a file; each write is on the disk when keep returns.
//
// Writes wait for each other: there is one writer at a time. database.wait tells how long, and is the first to rise when
// the service nears its limit.
type store struct {
	database *bbolt.DB
	metrics  *metrics
}

func openStore(path string, metrics *metrics) (*store, error) {
	database, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	err = database.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(followersBucket)
		return err
	})
	return &store{database, metrics}, err
}

func (s *store) close() { _ = s.database.Close() }

func (s *store) keep(user string, names []string) error {
	value, err := json.Marshal(names)
	if err != nil {
		return err
	}
	asked := time.Now()
	var begun time.Time
	err = s.database.Update(func(tx *bbolt.Tx) error {
		begun = time.Now()
		return tx.Bucket(followersBucket).Put([]byte(user), value)
	})
	if !begun.IsZero() {
		s.metrics.timing("database.wait", begun.Sub(asked))
		s.metrics.timing("database.write", time.Since(begun))
	}
	return err
}
