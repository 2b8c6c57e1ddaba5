package analytics

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/stateformat.golden")

// TestStateFormat compares the shapes of all values that the state holds with those that were
// last written down. It knows the values by the calls that encode and decode them. What is
// packed by hand, without a struct to decode it, it does not see. With -update it writes them down,
// unless a shape changed and StateFormat did not.
func TestStateFormat(t *testing.T) {
	path := filepath.Join("testdata", "stateformat.golden")
	b, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	was, old, _ := strings.Cut(string(b), "\n\n")
	format, now := fmt.Sprintf("StateFormat %d", StateFormat), describeSaved(t)
	switch {
	case was == format && old != "" && shapes(old) != shapes(now):
		t.Fatalf("saved in another shape: %v\nraise StateFormat, then run go test ./analytics -run StateFormat -update", changed(old, now))
	case *update:
		if err := os.WriteFile(path, []byte(format+"\n\n"+now), 0o644); err != nil {
			t.Fatal(err)
		}
	case was != format || old != now:
		t.Fatalf("%s is not up to date: %v\nrun go test ./analytics -run StateFormat -update", path, changed(old, now))
	}
}

// shapes returns a description without the names of types and fields, which are not saved,
// nor the order of the types.
func shapes(description string) string {
	blocks := strings.Split(description, "\n\n")
	for n, block := range blocks {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		for m, line := range lines {
			indent := len(line) - len(strings.TrimLeft(line, "\t"))
			fields := strings.SplitN(line[indent:], " ", 2)
			lines[m] = line[:indent] + fields[1]
		}
		blocks[n] = strings.Join(lines, "\n")
	}
	slices.Sort(blocks)
	return strings.Join(slices.Compact(blocks), "\n\n")
}

// changed returns the names of the types that only one of two descriptions has.
func changed(old, now string) (names []string) {
	is, were := strings.Split(now, "\n\n"), strings.Split(old, "\n\n")
	for _, block := range slices.Concat(were, is) {
		if !slices.Contains(were, block) || !slices.Contains(is, block) {
			name, _, _ := strings.Cut(block, " ")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// describeSaved describes every type of the analytics that is passed to package msgpack or state
// to be encoded or decoded.
func describeSaved(t *testing.T) string {
	t.Helper()
	saved := map[string]types.Type{}
	exports, packages := listPackages(t)
	set := token.NewFileSet()
	from := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for path, files := range packages {
		var parsed []*ast.File
		for _, name := range files {
			f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
		}
		info := types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		pkg, err := (&types.Config{Importer: from}).Check(path, set, parsed, &info)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range parsed {
			for n := range ast.Preorder(f) {
				if call, ok := n.(*ast.CallExpr); ok {
					addSaved(saved, &info, pkg, call)
				}
			}
		}
	}
	if len(saved) < 10 {
		t.Fatalf("found %d saved types", len(saved))
	}
	var b strings.Builder
	for n, name := range slices.Sorted(maps.Keys(saved)) {
		if n > 0 {
			b.WriteByte('\n')
		}
		describeType(&b, "", name, saved[name])
	}
	return b.String()
}

// listPackages returns the files with the compiled declarations of all packages, by path, and the source
// files of those packages of the analytics that import msgpack or state.
func listPackages(t *testing.T) (exports map[string]string, packages map[string][]string) {
	t.Helper()
	const form = `{{.ImportPath}}|{{.Export}}|{{.Dir}}|{{join .GoFiles ","}}|{{join .Imports ","}}`
	out, err := exec.Command("go", "list", "-export", "-deps", "-f", form, "./...").Output()
	if err != nil {
		t.Skip("go list: ", err) // where the tests run without the sources
	}
	exports, packages = map[string]string{}, map[string][]string{}
	for line := range bytes.Lines(out) {
		f := strings.Split(strings.TrimSpace(string(line)), "|")
		exports[f[0]] = f[1]
		if strings.HasPrefix(f[0], "redshank/") && (strings.Contains(f[4], "msgpack") || strings.Contains(f[4], "analytics/state")) {
			for name := range strings.SplitSeq(f[3], ",") {
				packages[f[0]] = append(packages[f[0]], filepath.Join(f[2], name))
			}
		}
	}
	return exports, packages
}

// addSaved adds the types of the arguments that a call passes to msgpack or state as any.
func addSaved(saved map[string]types.Type, info *types.Info, pkg *types.Package, call *ast.CallExpr) {
	callee, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	f, ok := info.Uses[callee.Sel].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg() == pkg || f.Pkg().Name() != "msgpack" && f.Pkg().Name() != "state" {
		return
	}
	parameters := f.Signature().Params()
	for n, arg := range call.Args {
		if n >= parameters.Len() {
			break
		}
		if of, ok := parameters.At(n).Type().Underlying().(*types.Interface); !ok || !of.Empty() {
			continue
		}
		of := info.TypeOf(arg)
		for p, ok := of.Underlying().(*types.Pointer); ok; p, ok = of.Underlying().(*types.Pointer) {
			of = p.Elem()
		}
		if list, ok := of.(*types.Slice); types.IsInterface(of) || ok && types.IsInterface(list.Elem()) {
			continue // in a generic function
		}
		name := strings.ReplaceAll(types.TypeString(of, (*types.Package).Name), " ", "")
		if _, named := of.(*types.Named); !named {
			name, _, _ = strings.Cut(pkg.Name()+"."+name, "{")
			for saved[name] != nil && !types.Identical(saved[name], of) {
				name += "'"
			}
		}
		saved[name] = of
	}
}

// describeType writes one line for a type, and the lines of its fields or elements.
func describeType(b *strings.Builder, indent, name string, of types.Type) {
	line := func(kind string) { fmt.Fprintf(b, "%s%s %s\n", indent, name, kind) }
	byHand := hasMethod(of, "DecodeMsgpack")
	if hasMethod(of, "UnmarshalBinary") {
		line(types.TypeString(of, (*types.Package).Name))
		return
	}
	switch u := of.Underlying().(type) {
	case *types.Struct:
		if line("struct"); byHand {
			return // what it decodes is found there
		}
		for f := range u.Fields() {
			if f.Exported() {
				describeType(b, indent+"\t", f.Name(), f.Type())
			}
		}
	case *types.Pointer:
		describeType(b, indent, name, u.Elem())
	case *types.Array:
		line(fmt.Sprint("array of ", u.Len()))
		describeType(b, indent+"\t", "each", u.Elem())
	case *types.Slice:
		line("list")
		describeType(b, indent+"\t", "each", u.Elem())
	case *types.Map:
		line("map")
		describeType(b, indent+"\t", "key", u.Key())
		describeType(b, indent+"\t", "value", u.Elem())
	case *types.Basic:
		line(types.Typ[u.Kind()].String())
	default:
		line(u.String())
	}
}

func hasMethod(of types.Type, name string) bool {
	return types.NewMethodSet(types.NewPointer(of)).Lookup(nil, name) != nil
}
