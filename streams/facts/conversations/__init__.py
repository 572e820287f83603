"""Calls and chats: facts, judged legs, contributions."""
