package collect

import (
	"testing"

	"redshank/plugin/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
