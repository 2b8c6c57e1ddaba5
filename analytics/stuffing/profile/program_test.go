package profile

import (
	"testing"

	"redshank/analytics/event"
	"redshank/analytics/window"
)

// A new build of a browser is the same tool, another application is not.
func TestTool(t *testing.T) {
	var tools tools
	of := func(agent, app string, service event.Service) uint32 {
		return tools.of(&event.Event{Agent: []byte(agent), App: []byte(app), Service: service})
	}
	chrome := of("Chrome/126.0", "a", event.M365)
	if of("Chrome/127.0", "a", event.OWA) != chrome || of("Chrome/126.0", "b", event.M365) == chrome || of("Firefox/126.0", "a", event.M365) == chrome {
		t.Error("agent without version, and application")
	}
	if owa := of("", "", event.OWA); window.NamesTool(owa) || owa == of("", "", event.EWSService) || !window.NamesTool(chrome) {
		t.Error("without agent and application the service stands for the tool")
	}
}
