//! The second start recalls what the first one knew, and sees what changed in between.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    assert_true,
    common::{Client, Home, let_age, write},
};

fn forest(home: &Home) -> PathBuf {
    let root = home.path("forest");
    for number in 0..200 {
        let text = format!("file {number}\n{}", "some text to be recalled\n".repeat(number % 30));
        write(&root.join(format!("dir{}/file{number}.txt", number % 9)), text);
    }
    let_age();
    root
}

/// Loads `root` and gives how many of its files were recalled.
fn load(client: &mut Client, root: &Path) -> u64 {
    let reply = client.call("load", json!({"root": root})).expect("it loads");
    reply["recalled_files"].as_u64().expect("a number")
}

/// Writes as many bytes as there were and puts the time of modification back.
fn change_in_secret(path: &Path) {
    let before = fs::read(path).expect("it is there");
    let time = fs::metadata(path).and_then(|meta| meta.modified()).expect("it has one");
    let after: Vec<u8> = before.iter().map(|&b| if b == b'f' { b'F' } else { b }).collect();
    assert_ne!(before, after);
    fs::write(path, &after).expect("it is written");
    fs::File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(time))
        .expect("set");
}

#[test]
fn a_second_start_recalls_files_and_sees_what_changed_meanwhile() {
    let home = Home::new();
    let root = forest(&home);
    let daemon = home.serve(&["--no-http"]);
    assert_eq!(load(&mut daemon.client(), &root), 0, "the first load reads everything");
    assert_eq!(daemon.terminate().code(), Some(0));

    change_in_secret(&root.join("dir1/file1.txt"));
    write(&root.join("dir2/file2.txt"), "other text\n");
    fs::remove_file(root.join("dir3/file3.txt")).expect("it is removed");
    fs::rename(root.join("dir4/file4.txt"), root.join("dir5/file4.txt")).expect("it is moved");
    fs::rename(root.join("dir6"), root.join("dir-six")).expect("it is moved");
    write(&root.join("new/file.txt"), "new\n");
    write(&root.join("dir7/.gitignore"), "file7.txt\n");
    fs::create_dir(root.join(".git")).expect("now rules apply");
    fs::remove_file(root.join("dir8/file8.txt")).expect("it is removed");
    fs::create_dir(root.join("dir8/file8.txt")).expect("a directory in a file's place");

    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    let recalled = load(&mut client, &root);
    assert!(recalled > 100, "only {recalled} files were recalled");
    assert_true(&mut client, &root, "after a warm start");
    change_in_secret(&root.join("dir0/file0.txt"));
    assert_true(&mut client, &root, "after a change in secret while it runs");
}

#[test]
fn a_damaged_cache_is_no_worse_than_none() {
    let home = Home::new();
    let root = forest(&home);
    let daemon = home.serve(&["--no-http"]);
    load(&mut daemon.client(), &root);
    assert_eq!(daemon.terminate().code(), Some(0));
    let mut damaged = 0;
    damage(&home.path("cache"), &mut damaged);
    assert!(damaged > 0, "there was a cache to damage");
    let daemon = home.serve(&["--no-http"]);
    let mut client = daemon.client();
    load(&mut client, &root);
    assert_true(&mut client, &root, "after its cache was damaged");
    assert_eq!(daemon.terminate().code(), Some(0));
    let daemon = home.serve(&["--no-http"]);
    assert!(load(&mut daemon.client(), &root) > 100, "the cache was written anew");
}

/// Flips a byte in the middle of every file.
fn damage(dir: &Path, damaged: &mut usize) {
    for entry in fs::read_dir(dir).expect("a directory of the cache") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            damage(&path, damaged);
        } else if let Ok(mut bytes) = fs::read(&path)
            && !bytes.is_empty()
        {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            fs::write(&path, bytes).expect("it is damaged");
            *damaged += 1;
        }
    }
}

#[test]
fn a_daemon_without_cache_leaves_none() {
    let home = Home::new();
    let root = forest(&home);
    let daemon = home.serve(&["--no-http", "--no-cache"]);
    load(&mut daemon.client(), &root);
    let status = daemon.client().call("status", Value::Null).expect("a status");
    assert_eq!(status["workspaces"][0]["problems"], json!([]));
    assert_eq!(daemon.terminate().code(), Some(0));
    assert_eq!(fs::read_dir(home.path("cache")).expect("it is there").count(), 0);
}
