package main

// version is set by the Makefile from git.
var version = "dev"
