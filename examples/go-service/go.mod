module tributary/examples/go-service

go 1.21

require (
	github.com/DataDog/datadog-go/v5 v5.5.0
	go.etcd.io/bbolt v1.3.10
)

require (
	github.com/Microsoft/go-winio v0.5.0 // indirect
	golang.org/x/sys v0.4.0 // indirect
)
