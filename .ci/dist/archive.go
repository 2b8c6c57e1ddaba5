package main

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/gzip"
	"os"
	"time"
)

// writeTar writes entries below folder. Owner, time and order are fixed, so
// the same entries give the same bytes.
func writeTar(path, folder string, entries []entry, date time.Time) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(f) // its header has no name and no time
	w := tar.NewWriter(packed)
	for _, e := range entries {
		head := tar.Header{Name: folder + "/" + e.name, Mode: int64(e.mode), Size: int64(len(e.data)),
			ModTime: date, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		if err := w.WriteHeader(&head); err != nil {
			return err
		}
		if _, err := w.Write(e.data); err != nil {
			return err
		}
	}
	return cmp.Or(w.Close(), packed.Close(), f.Close())
}

// writeZip is writeTar for Windows, which opens zip archives by itself.
func writeZip(path, folder string, entries []entry, date time.Time) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	for _, e := range entries {
		head := zip.FileHeader{Name: folder + "/" + e.name, Method: zip.Deflate, Modified: date}
		head.SetMode(e.mode)
		file, err := w.CreateHeader(&head)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.data); err != nil {
			return err
		}
	}
	return cmp.Or(w.Close(), f.Close())
}
