package main

/*
#include <stdlib.h>
#include "host.h"
#include "metrics.h"
*/
import "C"

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"redshank/plugin/agent"
)

// metrics are the figures of one instance at the metrics endpoint of the host. The
// host owns them and frees them with the instance, so they are set from callbacks
// only and never after Exit.
//
// The engine of the host reads metrics while workers set them. That is safe
// because all series are made in Init: later only values change, which cmetrics
// does atomically, and no list grows during a read.
type metrics struct {
	mu     sync.Mutex // workers overlap
	series []series
}

// series is one metric with its labels, which are C memory of this plugin.
type series struct {
	metric unsafe.Pointer
	gauge  C.int
	labels **C.char
	count  C.int
	value  float64
}

// unnamed counts instances whose name the host does not export.
var unnamed atomic.Uint32

// newMetrics makes the series of the first report of an instance, with the value
// 0. It returns nil when the host has no metrics; the methods of a nil *metrics do
// nothing. Init only.
func (h *host) newMetrics(first *agent.Report) *metrics {
	all := C.metrics_of(h.api, h.instance)
	if all == nil {
		return nil
	}
	name := "redshank." + strconv.Itoa(int(unnamed.Add(1)-1))
	if own := C.instance_name(h.instance); own != nil {
		name = C.GoString(own)
	}
	m := &metrics{}
	known := map[string]unsafe.Pointer{}
	agent.Samples(first, func(of *agent.Metric, _ float64, labels ...string) {
		metric, ok := known[of.Name]
		if !ok {
			metric = newMetric(all, of)
			known[of.Name] = metric
		}
		m.add(metric, of, append([]string{name}, labels...))
	})
	return m
}

func newMetric(all unsafe.Pointer, of *agent.Metric) unsafe.Pointer {
	keys := append([]string{"name"}, of.Labels...)
	list := textList(keys)
	defer freeTexts(list, len(keys))
	name, help := C.CString(of.Name), C.CString(of.Help)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(help))
	return C.metric_new(all, gaugeOf(of), name, help, C.int(len(keys)), list)
}

func gaugeOf(of *agent.Metric) C.int {
	if of.Gauge {
		return 1
	}
	return 0
}

func (m *metrics) add(metric unsafe.Pointer, of *agent.Metric, labels []string) {
	s := series{metric: metric, gauge: gaugeOf(of), labels: textList(labels), count: C.int(len(labels))}
	s.set(0, uint64(time.Now().UnixNano()))
	m.series = append(m.series, s)
}

func (s *series) set(value float64, now uint64) {
	s.value = value
	if s.metric != nil {
		C.metric_set(s.metric, s.gauge, C.ulonglong(now), C.double(value), s.count, s.labels)
	}
}

// update sets the values that have changed. Only from a callback of the host.
func (m *metrics) update(r *agent.Report) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.series == nil {
		return // closed
	}
	now, n := uint64(time.Now().UnixNano()), 0
	agent.Samples(r, func(_ *agent.Metric, value float64, _ ...string) {
		// The reports of two workers may come in the wrong order.
		if s := &m.series[n]; value > s.value || s.gauge != 0 && value != s.value {
			s.set(value, now)
		}
		n++
	})
}

// measure updates the metrics after a chunk. Changes between two chunks, for
// instance of the spool, show after the next chunk.
func (a *attached) measure() {
	if a.metrics != nil {
		a.metrics.update(a.instance.Report())
	}
}

// close frees the labels. It is called before Exit returns.
func (m *metrics) close() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.series {
		freeTexts(s.labels, int(s.count))
	}
	m.series = nil
}

// textList returns texts as a C array of C strings.
func textList(texts []string) **C.char {
	list := (**C.char)(C.malloc(C.size_t(len(texts)) * C.size_t(unsafe.Sizeof((*C.char)(nil)))))
	for i, text := range texts {
		unsafe.Slice(list, len(texts))[i] = C.CString(text)
	}
	return list
}

func freeTexts(list **C.char, n int) {
	for _, text := range unsafe.Slice(list, n) {
		C.free(unsafe.Pointer(text))
	}
	C.free(unsafe.Pointer(list))
}
