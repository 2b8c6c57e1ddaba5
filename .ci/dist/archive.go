package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2/files"
)

// shorter are the folders of an archive by those of a package: the programs
// and papers lie flat, with conf/, man1/ and completions/ beside them.
var shorter = strings.NewReplacer("/usr/lib/redshank/", "", "/usr/bin/", "", "/usr/share/doc/redshank/", "",
	"/etc/redshank/", "conf/", "/usr/share/man/", "", "/usr/share/bash-completion/", "", "/usr/share/fish/vendor_completions.d/", "completions/")

// writeArchive makes a zip for Windows, which opens it without other software,
// and a tar.gz for other targets. path is given without the ending, and
// returned with it.
func (r *release) writeArchive(t target, path string) (string, error) {
	info, err := r.info(t, archive)
	if err != nil {
		return "", err
	}
	write, ending := writeTar, ".tar.gz"
	if t.goos == "windows" {
		write, ending = writeZip, ".zip"
	}
	f, err := os.Create(path + ending)
	if err != nil {
		return "", err
	}
	return path + ending, cmp.Or(write(f, filepath.Base(path), info.Contents), f.Close())
}

// writeTar writes contents below folder. Owner, time and order are fixed, so
// the same contents give the same bytes.
func writeTar(to io.Writer, folder string, contents files.Contents) error {
	packed := gzip.NewWriter(to) // its header has no name and no time
	w := tar.NewWriter(packed)
	err := each(contents, func(name string, data []byte, i *files.ContentFileInfo) error {
		err := w.WriteHeader(&tar.Header{Name: folder + "/" + name, Mode: int64(i.Mode), Size: int64(len(data)),
			ModTime: i.MTime, Uname: "root", Gname: "root", Format: tar.FormatUSTAR})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
	return cmp.Or(err, w.Close(), packed.Close())
}

// writeZip is writeTar for zip.
func writeZip(to io.Writer, folder string, contents files.Contents) error {
	w := zip.NewWriter(to)
	err := each(contents, func(name string, data []byte, i *files.ContentFileInfo) error {
		head := zip.FileHeader{Name: folder + "/" + name, Method: zip.Deflate, Modified: i.MTime}
		head.SetMode(i.Mode)
		f, err := w.CreateHeader(&head)
		if err == nil {
			_, err = f.Write(data)
		}
		return err
	})
	return cmp.Or(err, w.Close())
}

// each calls do with every file of contents, by its name in an archive.
func each(contents files.Contents, do func(name string, data []byte, i *files.ContentFileInfo) error) error {
	for _, c := range contents {
		if strings.HasSuffix(c.Destination, "/") {
			continue
		}
		data, err := os.ReadFile(c.Source)
		if err != nil {
			return err
		}
		if err := do(shorter.Replace(c.Destination), data, c.FileInfo); err != nil {
			return err
		}
	}
	return nil
}
