"""Work besides lists: runs, notifications, SMS, learning, prospect quality."""
