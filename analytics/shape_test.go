package analytics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds of a folder and of a type, in files.
const (
	maxFiles       = 20 // of a folder, without tests
	maxMethodFiles = 4  // with methods of one type
)

// TestShape: no folder has too many files, and no type has methods in too many of them.
func TestShape(t *testing.T) {
	files := map[string]int{}               // by folder
	methods := map[string]map[string]bool{} // by folder and type: the files
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		folder := filepath.Dir(path)
		if !strings.HasSuffix(path, "_test.go") {
			files[folder]++
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				name := folder + "." + receiver(f.Recv.List[0].Type)
				if methods[name] == nil {
					methods[name] = map[string]bool{}
				}
				methods[name][path] = true
			}
		}
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d folders, %v", len(files), err)
	}
	for folder, n := range files {
		if n > maxFiles {
			t.Errorf("%s: %d files, want at most %d", folder, n, maxFiles)
		}
	}
	for name, in := range methods {
		if len(in) > maxMethodFiles {
			t.Errorf("%s: methods in %d files, want at most %d", name, len(in), maxMethodFiles)
		}
	}
}

// receiver returns the name of the type of a receiver.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
