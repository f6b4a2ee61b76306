"""How a CenterNet trains: heat maps of centres and joints, and what stands at their cells (Zhou et al., 2019)."""
