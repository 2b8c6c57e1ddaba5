package behaviour

import "redshank/analytics/event"

const tuesday = 20522 * int64(event.Day) // 2026-03-10
