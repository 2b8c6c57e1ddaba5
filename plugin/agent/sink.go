package agent

import (
	"fmt"

	"redshank/analytics/policy"
	"redshank/plugin/delivery"
	"redshank/plugin/delivery/forward"
	"redshank/plugin/delivery/http"
)

// openSink makes the sink of the options. Errors are those an instance can see
// at start, for instance a file that cannot be written or an authority that
// cannot be read. A receiver that cannot be reached is not an error.
func openSink(s *settings, p *policy.Policy) (delivery.Sink, error) {
	switch s.sink {
	case "feed":
		sink, err := openFeed(s, p)
		if err != nil {
			return nil, fmt.Errorf("sink_path: %w", err)
		}
		return sink, nil
	case "file":
		sink, err := delivery.NewFile(s.sinkPath, s.sinkMaxSize, s.sinkMaxFiles)
		if err != nil {
			return nil, fmt.Errorf("sink_path: %w", err)
		}
		return sink, nil
	case "forward":
		sink, err := forward.New(s.forward)
		if err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
		return sink, nil
	case "http":
		config := s.http
		config.Agent = "redshank/" + s.version
		sink, err := http.New(config)
		if err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
		return sink, nil
	}
	return delivery.NewStdout(), nil
}

// ownTag returns the tag under which alerts of this instance could come back as
// input, and "" for a sink without tags.
func (s *settings) ownTag() string {
	if s.sink == "forward" {
		return s.forward.Tag
	}
	return ""
}

// checkSink returns what is wrong with the options of a network sink, without
// connecting. The other sinks are checked when they are opened.
func (s *settings) checkSink() error {
	if s.sink != "forward" && s.sink != "http" {
		return nil
	}
	sink, err := openSink(s, nil)
	if err != nil {
		return err
	}
	return sink.Close()
}
