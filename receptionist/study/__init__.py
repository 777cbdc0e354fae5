"""User studies: metrics of recorded sessions, replay of folders, questionnaires, comparison, reports."""
