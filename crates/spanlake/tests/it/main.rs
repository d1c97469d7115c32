//! The pipeline as a service uses it.

mod pipeline;
mod planted;
