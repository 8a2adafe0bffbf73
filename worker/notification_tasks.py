"""Tasks that send notifications and webhooks; thin wrappers like those of :mod:`worker.tasks`."""

from models.agenda.offer_notifications import notify_of_new_offers
from models.agenda.recommendation_digests import send_digests, send_immediate_notifications
from models.agenda.reminders import remind
from worker.celery_app.base_task import LeadmatchTask, task
from worker.jobs import notifications, replies, webhooks


@task(name="worker.tasks.send_notification", bind=True, max_retries=notifications.MAX_ATTEMPTS)
def send_notification(self: LeadmatchTask, notification_id: int) -> None:
    """Send one notification to its user by the channels that are due, each at most once."""
    try:
        notifications.send_notification(notification_id, attempt=self.request.retries)
    except notifications.NotSentError as error:
        raise self.retry(exc=error, countdown=error.after_seconds) from None


@task(name="worker.tasks.send_lost_notifications")
def send_lost_notifications() -> None:
    """Send notifications, and replies to prospects, whose messages the broker lost."""
    notifications.send_lost()
    replies.send_lost()


@task(name="worker.tasks.notify_new_offers")
def notify_new_offers() -> None:
    """Notify users of the portal of new properties that suit their requests."""
    notifications.store_and_send(notify_of_new_offers)


@task(name="worker.tasks.remind_of_tasks")
def remind_of_tasks() -> None:
    """Send realtors due reminders of tasks and showings, once each."""
    notifications.store_and_send(remind)


@task(name="worker.tasks.notify_new_recommendations")
def notify_new_recommendations() -> None:
    """Notify realtors at once of new recommendations for leads that they follow with immediate notifications."""
    notifications.store_and_send(send_immediate_notifications)


@task(name="worker.tasks.send_recommendation_digests")
def send_recommendation_digests() -> None:
    """Send realtors, in their morning, the new recommendations for leads that they follow daily."""
    notifications.store_and_send(send_digests)


@task(name="worker.tasks.send_webhooks")
def send_webhooks() -> None:
    """Send the webhooks that are due; a message that is delivered twice sends nothing twice."""
    webhooks.send_webhooks()
