"""Realtors' planning: tasks, reminders, the calendar, shortlists, histories of leads."""
