//! spanlake
