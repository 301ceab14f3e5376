"""Drawing: `draw_x(data, ax)` functions, and `plots` that make whole figures of them.

Matplotlib is imported when a figure is drawn, never before.
"""
