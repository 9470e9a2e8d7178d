package main

import (
	"encoding/json"
	"net/http"
)

// followers answers GET /followers?user=NAME.
type followers struct {
	social *socialClient
	store  *store
}

func (f *followers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	if user == "" {
		http.Error(w, "which user? /followers?user=NAME", http.StatusBadRequest)
		return
	}
	names, err := f.social.followersOf(r.Context(), user)
	if err != nil {
		http.Error(w, "the social network did not answer: "+err.Error(), http.StatusBadGateway)
		return
	}
	if err := f.store.keep(user, names); err != nil {
		http.Error(w, "the database did not take it: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"user": user, "followers": names})
}
