package main

import (
	"fmt"

	"redshank/plugin/delivery"
)

// openSink makes the sink. What can be known at start, as a file that cannot
// be written or an authority that cannot be read, stops it; a receiver that is
// not there yet does not.
func openSink(s *settings) (delivery.Sink, error) {
	switch s.sink {
	case "file":
		sink, err := delivery.NewFile(s.sinkPath, s.sinkMaxSize, s.sinkMaxFiles)
		if err != nil {
			return nil, fmt.Errorf("sink_path: %w", err)
		}
		return sink, nil
	case "forward":
		sink, err := delivery.NewForward(s.forward)
		if err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
		return sink, nil
	case "http":
		sink, err := delivery.NewHTTP(s.http)
		if err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
		return sink, nil
	}
	return delivery.NewStdout(), nil
}

// ownTag is the tag of our alerts, where they can come back with it.
func (s *settings) ownTag() string {
	if s.sink == "forward" {
		return s.forward.Tag
	}
	return ""
}

// checkSink tells what is wrong with the sinks that open nothing at start.
func (s *settings) checkSink() error {
	if s.sink == "file" || s.sink == "stdout" {
		return nil
	}
	sink, err := openSink(s)
	if err != nil {
		return err
	}
	return sink.Close()
}
