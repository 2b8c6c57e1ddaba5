package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"redshank/analytics/coverage"
)

// The coverage of a running instance is read from its state_path, which stays as it
// is, and goes on after a restart.
func TestCoverageOfRunningInstance(t *testing.T) {
	folder := t.TempDir()
	for run := 1; run <= 2; run++ {
		i, _ := started(t, &brokenSink{}, map[string]string{"sink": "stdout", "state_path": folder})
		if err := i.Flush("m365", chunkOf(failure(run, 1), failure(run, 2))); err != nil {
			t.Fatal(err)
		}
		before := filesOf(t, folder)
		r, err := Coverage(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Rows) != 1 || r.Rows[0].Service.String() != "m365_sign_ins" || r.Rows[0].Total != uint64(2*run) {
			t.Errorf("%+v", r.Rows)
		}
		cells := r.Rows[0].Cells
		if cells[coverage.FailedAccount].State != coverage.Present || cells[coverage.Agent].State != coverage.Missing {
			t.Errorf("%+v", cells)
		}
		if after := filesOf(t, folder); after != before {
			t.Error("the state was changed")
		}
		i.Close()
	}
	if _, err := Coverage(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// filesOf returns the names and contents of the files of a folder.
func filesOf(t *testing.T, folder string) (all string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	for _, e := range list {
		b, failed := os.ReadFile(filepath.Join(folder, e.Name()))
		err = errors.Join(err, failed)
		all += e.Name() + string(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}
