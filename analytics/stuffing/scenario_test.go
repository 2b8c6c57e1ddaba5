package stuffing_test

import (
	"testing"

	"redshank/analytics/scenario"
)

func TestScenarios(t *testing.T) { scenario.Run(t, "testdata") }
