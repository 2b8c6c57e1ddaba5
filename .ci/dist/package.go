package main

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers the format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers the format
)

//go:embed nfpm.yaml
var recipe []byte

// archive is the name of the formats tar.gz and zip in nfpm.yaml.
const archive = "archive"

// info returns nfpm.yaml for one target and format. The list of contents has
// every file and folder, with the date of the release and with modes that do
// not depend on the umask of the builder.
func (r *release) info(t target, format string) (*nfpm.Info, error) {
	config, err := nfpm.ParseWithEnvMapping(bytes.NewReader(recipe), func(name string) string {
		return map[string]string{"ARCH": t.goarch, "VERSION": packageVersion(r.version), "GLIBC": strconv.Itoa(glibcFloor),
			"ROOT": r.root, "STAGE": t.folder, "SHARE": filepath.Join(r.stage, "share"), "NOTICES": noticesName,
			"OBJECT": filepath.Base(t.object), "COMMAND": filepath.Base(t.command)}[name]
	})
	if err != nil {
		return nil, err
	}
	info, err := config.Get(format)
	if err != nil {
		return nil, err
	}
	info.MTime = r.date
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return nil, err
	}
	info.Contents = slices.DeleteFunc(info.Contents, func(c *files.Content) bool {
		return strings.Contains(c.Source, "windows") && strings.HasPrefix(c.Destination, "/etc") && t.goos != "windows"
	})
	for _, c := range info.Contents {
		c.FileInfo.MTime, c.FileInfo.Mode = r.date, 0o644
		if strings.HasSuffix(c.Destination, "/") || strings.HasPrefix(c.Destination, "/usr/bin/") {
			c.FileInfo.Mode = 0o755
		}
		// The administrator's files: an upgrade does not overwrite what was changed.
		if c.Type == files.TypeFile && strings.HasPrefix(c.Destination, "/etc/") {
			c.Type = files.TypeConfigNoReplace
		}
	}
	return info, nil
}

// writePackage makes a package of the format deb or rpm and returns its path.
func (r *release) writePackage(t target, format string) (string, error) {
	info, err := r.info(t, format)
	if err != nil {
		return "", err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", err
	}
	path := filepath.Join(r.out, packager.ConventionalFileName(info))
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := packager.Package(info, f); err != nil {
		return "", err
	}
	return path, f.Close()
}

// packageVersion returns the output of git describe in a form that dpkg and
// rpm order correctly: v1.2.0-3-gabc becomes 1.2.0+3.gabc, which is newer than
// 1.2.0; v1.2.0-rc1 becomes 1.2.0~rc1, which is older; a bare commit is older
// than every version.
func packageVersion(version string) string {
	v := strings.TrimPrefix(version, "v")
	base, rest, _ := strings.Cut(v, "-")
	switch {
	case !strings.Contains(base, "."):
		return "0~" + strings.ReplaceAll(v, "-", ".")
	case rest == "":
		return v
	case unicode.IsDigit(rune(rest[0])):
		return base + "+" + strings.ReplaceAll(rest, "-", ".")
	}
	return base + "~" + strings.ReplaceAll(rest, "-", ".")
}
