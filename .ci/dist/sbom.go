package main

import (
	"os"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeSBOM writes a CycloneDX document of what a target's files contain. It
// has no serial number, which would differ from build to build.
func writeSBOM(path string, r *release, t target, licences []licence) error {
	const self = "redshank"
	root := cdx.Component{BOMRef: self, Type: cdx.ComponentTypeLibrary, Name: self, Version: r.version,
		Description: "Fluent Bit output plugin for " + t.goos + "-" + t.goarch, Licenses: licenceIDs([]string{"Apache-2.0"})}
	var components []cdx.Component
	var refs []string
	for _, l := range licences {
		purl := "pkg:golang/" + l.module.Path + "@" + l.module.Version
		c := cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: l.module.Path, Version: l.module.Version,
			PackageURL: purl, Licenses: licenceIDs(l.ids)}
		components, refs = append(components, c), append(refs, purl)
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: r.date.Format(time.RFC3339), Component: &root}
	bom.Components = &components
	bom.Dependencies = &[]cdx.Dependency{{Ref: self, Dependencies: &refs}}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	// Not the newest form: what reads it should be able to.
	if err := cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_5); err != nil {
		return err
	}
	return f.Close()
}

func licenceIDs(ids []string) *cdx.Licenses {
	var all cdx.Licenses
	for _, id := range ids {
		all = append(all, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &all
}
