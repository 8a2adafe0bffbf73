"""The queue of each task, and the former names of tasks."""

#: Queue -> the tasks that go to it. All others go to `entities`, where no task may delay a changed lead.
QUEUES = {
    "runs": (
        "start_run",
        "score_shard",
        "sweep_runs",
        "order_markets",
        "regroup_adverts",
        "refresh_search_words",
        "learn_weights",
        "fit_quality_models",
        "run_import",
        "find_due_imports",
        "find_due_photos",
        "fetch_photos",
        "make_account_export",
        "count_markets",
        "renew_client_keys",
    ),
    "notifications": (
        "send_code",
        "send_link",
        "sweep_accounts",
        "remove_orphans",
        "send_notification",
        "send_lost_notifications",
        "notify_new_offers",
        "notify_new_recommendations",
        "send_recommendation_digests",
        "notify_search_news",
        "remind_of_tasks",
        "send_reply",
        "send_webhooks",
        "fetch_rates",
    ),
}

#: Former name of a task -> its present name; queued messages and schedules that operators edited may contain it.
FORMER_NAMES = {
    "worker.accounts.send_code": "worker.tasks.send_code",
    "worker.accounts.sweep": "worker.tasks.sweep_accounts",
    "worker.accounts.remove_orphans": "worker.tasks.remove_orphans",
    "worker.attention.order_markets": "worker.tasks.order_markets",
    "worker.learning.learn_weights": "worker.tasks.learn_weights",
    "worker.notices.send_notice": "worker.tasks.send_notification",
    "worker.notices.send_lost": "worker.tasks.send_lost_notifications",
    "worker.notices.tell_offers": "worker.tasks.notify_new_offers",
    "worker.quality.score_prospect": "worker.tasks.score_prospect",
    "worker.quality.score_stale_prospects": "worker.tasks.score_stale_prospects",
    "worker.quality.fit_models": "worker.tasks.fit_quality_models",
    "worker.tasks.tell_recommendations": "worker.tasks.notify_new_recommendations",
    "worker.tasks.tell_search_news": "worker.tasks.notify_search_news",
}


def queue_of(task: str) -> str:
    """
    The queue of a task by its full name.

    >>> queue_of("worker.tasks.learn_weights"), queue_of("worker.tasks.rescore_lead")
    ('runs', 'entities')
    """
    name = task.rpartition(".")[2]
    return next((queue for queue, names in QUEUES.items() if name in names), "entities")
