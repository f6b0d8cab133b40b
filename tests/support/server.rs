//! Small servers for tests: what they do is known to the byte and to the millisecond, so that the meter can be
//! measured against them.
