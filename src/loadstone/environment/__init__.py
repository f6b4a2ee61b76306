"""What is installed here or in another interpreter, and the tables that say what goes with what.

Nothing is downloaded, no package that is looked at is imported, and no library is loaded.
"""
