"""What a realtor plans and has done: tasks, reminders, the calendar, shortlists, histories of leads."""
