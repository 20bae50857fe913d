//! Reproducible experiments in zero-shot learning and attention by reinforcement.
//!
//! A *manifest* says what to run; the program turns it, in steps that can each be printed, into a
//! *plan*; the plan is executed once per distinct *recipe*; everything a person sees at the end
//! (tables, figures) is itself a stage's output.
//!
//! A module may name only modules above it in this list; `tests/architecture.rs` holds it to that.

#![cfg_attr(
    test,
    expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "tests count few things"
    )
)]

pub mod id;

pub mod fs;

pub mod suggest;

pub mod catalogue;

pub mod artifact;

pub mod recipe;

pub mod event;

pub mod stage;

pub mod manifest;

pub mod experiment;

pub mod graph;

pub mod store;

pub mod plan;

pub mod run;

pub mod statistics;

pub mod formats;

pub mod data;

pub mod nn;

pub mod onnx;

pub mod zsl;

pub mod rl;

pub mod models;

pub mod stages;

pub mod report;

pub mod published;

pub mod paper;

pub mod cli;
