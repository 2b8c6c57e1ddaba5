// Score plays labelled worlds through the detections and prints what was found
// and what was called wrongly: for each kind of attack, whether an incident of
// the right rule is about it, whether its class is right, the time to detect,
// incidents and messages; for each kind of noise, the false incidents; and the
// recall and precision of valid credentials. See judge for what counts as
// found.
//
// The engine is called directly, which is the code that the plugin runs; with
// -host the worlds go through the shared object. Both give the same figures.
package main
