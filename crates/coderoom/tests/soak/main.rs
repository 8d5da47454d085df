//! Fifty clients search, list and read while two writers edit, replace, delete, move directories and
//! change hundreds of files at once. No answer is torn, and none is older than the newest write that
//! was finished before it was asked for.
//!
//! `CODEROOM_SOAK_SECONDS` sets how long (default 5).

#[path = "../common/mod.rs"]
mod common;

mod client;
mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use client::{Tally, ask};
use coderoom_engine::{Pattern, Query};
use common::{Home, real_rg};
use serde_json::{Value, json};
use world::{Random, World};

const CLIENTS: u64 = 50;
const WRITERS: usize = 2;

fn seconds() -> u64 {
    std::env::var("CODEROOM_SOAK_SECONDS")
        .map_or(5, |text| text.parse().expect("CODEROOM_SOAK_SECONDS is a number"))
}

#[test]
fn no_answer_is_stale_or_torn_while_everything_changes() {
    let home = Home::new();
    let world = Arc::new(World::new(&home.path("world"), WRITERS));
    let daemon = home.serve(&["--no-http"]);
    daemon.client().call("load", json!({"root": world.root})).expect("it loads");
    let stop = Arc::new(AtomicBool::new(false));
    let started = Instant::now();

    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
            thread::spawn(move || {
                let mut random = Random(writer as u64 + 1);
                let mut steps = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    world.change(writer, &mut random);
                    steps += 1;
                    thread::sleep(Duration::from_micros(random.below(4000)));
                }
                steps
            })
        })
        .collect();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
            let mut client = daemon.client();
            thread::spawn(move || {
                let mut random = Random(1000 + number);
                let mut tally = Tally::default();
                while !stop.load(Ordering::Relaxed) {
                    ask(&mut client, &world, &mut random, &mut tally);
                }
                tally
            })
        })
        .collect();
    while started.elapsed() < Duration::from_secs(seconds())
        && !clients.iter().any(thread::JoinHandle::is_finished)
    {
        thread::sleep(Duration::from_millis(20));
    }
    stop.store(true, Ordering::Relaxed);
    let steps: u64 = writers.into_iter().map(|writer| writer.join().expect("a writer")).sum();
    let mut total = Tally::default();
    for client in clients {
        total.add(&client.join().expect("a client saw something wrong, see above"));
    }
    eprintln!("{steps} changes; {total:?}");
    assert!(steps > 0 && total.exact > 0 && total.concurrent > 0, "it must have been tried");
    assert!(total.declined * 10 <= total.exact + total.concurrent, "too many were declined");
    assert_same_as_disk(&mut daemon.client(), &world);
}

fn assert_same_as_disk(client: &mut common::Client, world: &World) {
    let pattern = Pattern { patterns: vec![String::new()], ..Pattern::default() };
    let (ours, _) = client
        .rg(&world.root, Query { pattern, ..Query::default() })
        .unwrap_or_else(|refused| panic!("the whole tree is not answered: {refused:?}"));
    assert!(ours == real_rg(&world.root, &[""]), "in the end memory is not what is on disk");
    let status = client.call("status", Value::Null).expect("a status");
    assert_eq!(status["workspaces"][0]["problems"], json!([]));
}
