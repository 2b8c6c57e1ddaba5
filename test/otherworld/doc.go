// Package otherworld generates the logs of five organisations that have little in
// common with that of package world, and the truth about what happened in them. It
// judges what the detections are worth elsewhere: organisations, habits, honest
// situations and attacks are written from public descriptions of organisations and
// tools, by somebody who does not tune the detections. Only the writers of log
// lines, the address plan and the types of the truth are shared.
//
// An organisation is a row of organisations. A seed draws its names, networks,
// sizes, the logs that are collected, and what happens. Honest situations (see
// situations) all happen in every world; attacks (see assaults and thefts) are
// taken in turn, so that successive seeds have all of them. Every size, pace,
// number of addresses, agent, service and time of day is drawn from a range.
//
// An attack is recorded in the truth by the acts that are written to the logs. Acts
// that leave no line in the logs of a world are not recorded.
package otherworld
