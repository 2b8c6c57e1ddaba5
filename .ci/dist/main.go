// Command dist packs what make has built into archives and packages that
// anybody can build again, byte for byte. make dist calls it.
package main

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// release is one run: every target of one version.
type release struct {
	root    string // of the repository
	stage   string // folders named goos-goarch with what make has built, and share
	out     string
	version string
	date    time.Time // of the commit; every file in an archive has it
}

// target is one operating system and architecture.
type target struct {
	goos, goarch    string
	folder          string // with the object and the command
	object, command string // paths
}

func main() {
	var r release
	flag.StringVar(&r.root, "root", ".", "`folder` of the repository")
	flag.StringVar(&r.stage, "stage", "build/stage", "`folder` with a folder for each target")
	flag.StringVar(&r.out, "out", "build/dist", "`folder` for the archives")
	flag.StringVar(&r.version, "version", "dev", "`version` of the release")
	flag.Parse()
	if err := r.run(); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func (r *release) run() error {
	seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	r.date = time.Unix(seconds, 0).UTC()
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(r.stage, "*-*"))
	if err != nil || len(folders) == 0 {
		return errors.Join(fmt.Errorf("%s: nothing built", r.stage), err)
	}
	for _, folder := range folders {
		if err := r.pack(newTarget(folder)); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(folder), err)
		}
	}
	return r.sums()
}

func newTarget(folder string) target {
	goos, goarch, _ := strings.Cut(filepath.Base(folder), "-")
	object, command := "out_redshank.so", "redshank"
	if goos == "windows" {
		object, command = "out_redshank.dll", "redshank.exe"
	}
	return target{goos, goarch, folder, filepath.Join(folder, object), filepath.Join(folder, command)}
}

// pack makes everything of one target: the list of contents, an archive, and
// for Linux the packages.
func (r *release) pack(t target) error {
	licences, err := licencesOf(t.object, t.command)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(t.folder, noticesName), notices(licences), 0o644); err != nil {
		return err
	}
	name := filepath.Join(r.out, "redshank-"+r.version+"-"+filepath.Base(t.folder))
	_, err = r.writeArchive(t, name)
	if err := cmp.Or(err, writeSBOM(name+".cdx.json", r, t, licences)); err != nil || t.goos != "linux" {
		return err
	}
	_, noDeb := r.writePackage(t, "deb")
	_, noRPM := r.writePackage(t, "rpm")
	return cmp.Or(checkFloor(t.object), noDeb, noRPM)
}

// sums writes the SHA-256 of every file made, in the form of sha256sum.
func (r *release) sums() error {
	made, err := filepath.Glob(filepath.Join(r.out, "redshank*"))
	if err != nil {
		return err
	}
	slices.Sort(made)
	var b strings.Builder
	for _, file := range made {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(content), filepath.Base(file))
	}
	fmt.Print(b.String())
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(b.String()), 0o644)
}
