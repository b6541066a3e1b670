"""Several senders of one campaign; where a lock is lost all the same, nobody is mailed twice."""

from newsletter.domain.campaign import CampaignState


def test_a_second_sender_joins_and_leaves_the_batch_under_way_to_the_first(
    engine, subscribe, freeze, dispatch, books, new_door, everybody
):
    subscribe(engine, 30)
    campaign, door, ends = freeze(engine), new_door(), []
    door.answers = [None, lambda _mailing: ends.append(dispatch(door).run(campaign).state)]
    ends.append(dispatch(door).run(campaign).state)
    assert door.people() == everybody(30)
    assert books.states(campaign) == {"submitted": 30}
    # The second sent all that was left, and saw that one batch was still under way.
    assert ends == [CampaignState.SENDING, CampaignState.DONE]
    assert books.log_is_whole(campaign)


def test_a_sender_that_lost_its_lock_ends_well(
    engine, subscribe, freeze, dispatch, new_door, everybody, lose_lock
):
    subscribe(engine, 15)
    campaign = freeze(engine)
    door = new_door(lambda _mailing: lose_lock())
    assert dispatch(door).run(campaign).state is CampaignState.DONE
    assert door.people() == everybody(15)


def test_two_senders_of_which_one_lost_its_lock_mail_nobody_twice(
    engine, subscribe, freeze, dispatch, books, new_door, everybody, lose_lock
):
    subscribe(engine, 30)
    campaign, door, ends = freeze(engine), new_door(), []

    def second_sender(_mailing):
        lose_lock()
        ends.append(dispatch(door).run(campaign).state)

    door.answers = [None, second_sender]
    ends.append(dispatch(door).run(campaign).state)
    assert door.people() == everybody(30)
    assert books.states(campaign) == {"submitted": 30}
    # The second gave up the batch under way; its answer came after all.
    assert ends == [CampaignState.UNSETTLED, CampaignState.DONE]
    assert books.log_is_whole(campaign)
