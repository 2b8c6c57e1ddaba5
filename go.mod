module redshank

go 1.26.8

require github.com/tinylib/msgp v1.6.5

require (
	github.com/gaissmai/bart v0.30.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/text v0.43.0 // indirect
)
