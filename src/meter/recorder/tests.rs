use super::*;

#[test]
fn only_what_was_due_in_the_window_is_sampled() {
    let recorder = Recorder::default();
    recorder.set_window(Window { begin: Tick(100), end: Tick(200) });
    recorder.enter(Phase::Window);
    for (due, at) in [(99, 150), (100, 150), (199, 400), (200, 210)] {
        recorder.arrival(Tick(due), Tick(at));
    }
    recorder.rotate(Tick(200), true);
    recorder.count(|c| c.sent = 3);
    let tally = recorder.tally();
    assert_eq!((tally.latency.count(), tally.latency.max()), (2, Some(201)));
    let counts = tally.counts;
    assert_eq!((counts.received, counts.delivered, counts.lost), (4, 2, 1));
}

#[test]
fn bytes_belong_to_the_phase_that_runs() {
    let recorder = Recorder::default();
    recorder.attribute(Direction::Up, Part::Headers, 10);
    recorder.enter(Phase::Window);
    recorder.attribute(Direction::Down, Part::Payload, 21);
    let traffic = recorder.tally().traffic;
    assert_eq!((traffic.connect.up.headers, traffic.window.down.payload), (10, 21));
    assert_eq!(traffic.total().up.attributed() + traffic.total().down.attributed(), 31);
}
