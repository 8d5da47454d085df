//! A history that was kept is the one that was read.

use coderoom_engine::PersistError;

use super::*;

fn world() -> World {
    let mut world = World::new();
    world.write("a", "1\n2\n3\n");
    world.write("b/ü", "1\n");
    world.commit("first, with ü and\n\na body");
    world.git(&["mv", "a", "c"]);
    world.commit("moved");
    world.remove("b/ü");
    world.write("c", "1\n2\n4\n");
    world.commit("changed");
    world
}

/// All of it comes back, and reading goes on from it as from the one that was read.
#[test]
fn a_kept_history_goes_on() {
    let mut world = world();
    let past = world.past();
    let bytes = past.encode("one").expect("bytes");
    let kept = Arc::new(Past::decode(&bytes, "one").expect("sound").expect("ours"));
    assert_eq!(kept, past);
    let again = read(&world.repo, Some(&kept), &Limits::default()).expect("a history");
    assert!(Arc::ptr_eq(&again, &kept), "HEAD has not moved");
    world.write("d", "1\n");
    world.commit("more");
    let more = read(&world.repo, Some(&kept), &Limits::default()).expect("a history");
    assert_eq!(more, world.past());
    assert!(Past::decode(&bytes, "two").expect("sound").is_none(), "another program's");
    // Another repository at the same place has another history.
    world.git(&["checkout", "-q", "--orphan", "fresh"]);
    world.commit("anew");
    let fresh = read(&world.repo, Some(&kept), &Limits::default()).expect("a history");
    assert_eq!((fresh.len(), &fresh), (1, &world.past()));
}

/// Whatever byte is another, and wherever the bytes end, it is seen.
#[test]
fn damage_is_seen() {
    let bytes = world().past().encode("one").expect("bytes");
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 0x10;
        assert!(Past::decode(&other, "one").is_err(), "byte {at}");
        assert!(Past::decode(&bytes[..at], "one").is_err(), "cut at {at}");
    }
}

/// Numbers that lead nowhere are refused, whatever the checksum says.
#[test]
fn what_no_history_can_hold_is_refused() {
    let past = world().past();
    let refused = |tamper: &dyn Fn(&mut Past)| {
        let mut other =
            Past::decode(&past.encode("one").expect("bytes"), "one").expect("sound").expect("ours");
        tamper(&mut other);
        Past::decode(&other.encode("one").expect("bytes"), "one").err()
    };
    assert_eq!(refused(&|_| ()), None);
    let malformed = Some(PersistError::Malformed);
    assert_eq!(refused(&|it| it.rows[0].message.end = 1 << 20), malformed);
    assert_eq!(refused(&|it| it.rows[0].touches.start = 99), malformed);
    assert_eq!(refused(&|it| it.touches[0].now = crate::past::PathIx(99)), malformed);
    assert_eq!(refused(&|it| it.about.seen.reverse()), malformed);
}
