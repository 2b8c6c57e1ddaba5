package world

import "redshank/test/world/lines"

var declaredBackup = lines.App{ID: "5f1c3a52-98b1-4d37-a1b6-6d3f9a3d1b01", Name: "Contoso Cloud Backup"}

func (w *World) noise() {}
